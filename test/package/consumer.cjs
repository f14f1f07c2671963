const { load, methods } = require("fullgrad");

if (typeof load !== "function" || methods.length < 20)
  throw new Error("require() lacks the exports");
