// One task: an endless list to select from, and forms that say when they work.
import "./lib/more.js";
import "./lib/select.js";
import "./lib/working.js";
