// The list of tasks: it goes on by itself, and its form says when it works.
import "./lib/more.js";
import "./lib/working.js";
