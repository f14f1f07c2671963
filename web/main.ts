import { App } from "./app.js";
import { part } from "./dom.js";
import { Client } from "./engine/client.js";
import { keepOffline } from "./offline/register.js";
import { showProblem } from "./views/problems.js";

const client = new Client(new URL("engine/", document.baseURI).href);
try {
  new App(client, await client.ask("list-methods", null));
  document.documentElement.dataset["ready"] = "true";
} catch (error) {
  showProblem(error);
}
await keepOffline(() => {
  part("offline", HTMLElement).hidden = false;
});
