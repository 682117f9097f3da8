// The trash: the same selecting and the same endless list.
import "./lib/more.js";
import "./lib/select.js";
