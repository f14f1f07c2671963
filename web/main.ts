import { App } from "./app.js";
import { part } from "./dom.js";
import { Client } from "./engine/client.js";
import { fetchFirstAnswer } from "./first-answer.js";
import { keepOffline } from "./offline/register.js";
import { showProblem } from "./views/problems.js";

const client = new Client(new URL("engine/", document.baseURI).href);
try {
  const app = new App(client, await fetchFirstAnswer());
  document.documentElement.dataset["ready"] = "true";
  await app.restore();
} catch (error) {
  showProblem(error);
}
// After the first answer, whose files are then not downloaded twice.
await keepOffline(() => {
  part("offline", HTMLElement).hidden = false;
});
