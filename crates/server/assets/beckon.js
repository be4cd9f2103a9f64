// What every page does beyond its HTML. Each part looks for elements that ask for it by a data attribute; a page works
// without any of it.

import { copying } from "./copy.js";
import { dialogs } from "./dialog.js";
import { exchanging } from "./exchange.js";
import { filtering, busy, submitting } from "./form.js";
import { importing } from "./import.js";
import { live } from "./live.js";
import { loading } from "./load.js";
import { previews } from "./preview.js";
import { ruleEditors } from "./rule.js";
import { times } from "./time.js";
import { theme } from "./theme.js";
import { toasts } from "./toast.js";
import { webhooks } from "./webhook.js";

// Parts that look once at a piece of the document, whenever it is put there.
const parts = [times, webhooks, (piece) => loading(piece, parts)];

copying(document);
dialogs(document, parts);
filtering(document);
submitting(document);
exchanging(document, parts);
importing(document, parts);
busy(document);
previews(document);
ruleEditors(document);
theme(document);
toasts(document);
for (const part of parts) part(document);
live(document, parts);
