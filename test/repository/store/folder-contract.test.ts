import { join } from "node:path";
import { FolderStore } from "../../../src/repository/store/folder.js";
import { temporaryFolder } from "../../temporary-folder.js";
import { contractOf } from "./contract.js";

const folder = temporaryFolder();

contractOf("a folder", () => Promise.resolve(new FolderStore(join(folder(), "repository"))));
