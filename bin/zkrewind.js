#!/usr/bin/env node
const { main } = require("../dist/bundle/main.cjs");

// No process.exit at the end: it can wait for ever for a compiler's thread (nodejs/node issue 54918).
void main(process.argv);
