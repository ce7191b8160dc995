// The pages of letters. Each works without scripts; these save looking, reaching and typing twice.
import { startDropping } from "./letters_drop.js";
import { startDoubts } from "./letters_doubts.js";
import { startKeying } from "./letters_keying.js";
import { startView } from "./letters_view.js";

startView();
startDoubts();
startKeying();
startDropping();
