import { load, methods } from "fullgrad";

if (typeof load !== "function" || methods.length < 20)
  throw new Error("the ES module lacks its exports");
