// Groups and their faces: the lists go on by themselves.
import "./lib/more.js";
