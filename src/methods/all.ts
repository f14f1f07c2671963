import type { Method } from "../engine/method.js";
import { fullgrad } from "./fullgrad.js";

/** Every method, under the name that the command line and the library know it by. */
export const methods: readonly Method[] = [fullgrad];
