#!/usr/bin/env node
const { main } = require("../dist/bundle/main.cjs");

// When all is said there is nothing to wait for: left alone, Node would first finish compiling what has just run.
void main(process.argv).then(() => process.exit());
