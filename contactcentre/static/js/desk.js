// The desk's scripts. Every page works without them; they save steps.
import { startChoosing } from "./choose.js";
import { startComposer } from "./composer.js";
import { startDrafts } from "./drafts.js";
import { startDue } from "./due.js";
import { startEnclosing } from "./enclosing.js";
import { startFocus } from "./focus.js";
import { startKeys } from "./keys.js";
import { startLive } from "./live.js";
import { startUndo } from "./undo.js";
import { startNames } from "./names.js";
import { startPanes } from "./panes.js";
import { startPresence } from "./presence.js";
import { startSelecting } from "./selecting.js";

startPanes();
startComposer();
startDrafts();
startKeys();
startLive();
startSelecting();
startPresence();
startNames();
startUndo();
startDue();
startChoosing();
startEnclosing();
startFocus();
