// early.js: reads the address and asks for the first style; it runs while the map library is still on its way.

import { readAddress, state } from "./state.js";
import { preferredLanguage } from "./text.js";
import { prefetchStyle } from "./style.js";

readAddress();
state.lang ||= preferredLanguage();
prefetchStyle();
