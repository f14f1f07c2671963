import { App } from "./app.js";
import { part } from "./dom.js";
import { Client } from "./engine/client.js";
import { keepOffline } from "./offline/register.js";
import { showProblem } from "./views/problems.js";

const client = new Client(new URL("engine/", document.baseURI).href);
try {
  const app = new App(client, await client.ask("list-methods", null));
  document.documentElement.dataset["ready"] = "true";
  void app.restore();
} catch (error) {
  showProblem(error);
}
await keepOffline(() => {
  part("offline", HTMLElement).hidden = false;
});
