// The desk's scripts. Every page works without them; they save steps.
import { startComposer } from "./composer.js";
import { startDrafts } from "./drafts.js";
import { startFiling } from "./filing.js";
import { startKeys } from "./keys.js";
import { startLive } from "./live.js";
import { startPanes } from "./panes.js";

startPanes();
startComposer();
startDrafts();
startKeys();
startFiling();
startLive();
