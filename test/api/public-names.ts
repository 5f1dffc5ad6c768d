import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));

/** A name that an entry of the package exports, and where it is declared. */
export interface PublicName {
  name: string;
  file: string;
  kind: "function" | "class" | "interface" | "type" | "const";
  /** Exported as a type alone: nobody makes one. */
  isType: boolean;
  /** Its comment; empty where there is none. */
  comment: string;
  /** Everything from the declaration on. */
  text: string;
}

/** Each name that an entry exports, once. */
export function publicNames(): PublicName[] {
  const { exports } = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8")) as {
    exports: Record<string, { default?: string }>;
  };
  const found = new Map<string, PublicName>();
  for (const { default: built } of Object.values(exports)) {
    if (built === undefined) continue;
    const entry = join(ROOT, built.replace("dist", "src").replace(/js$/, "ts"));
    for (const [name, place] of exportsOf(entry)) {
      const declared = declarationOf(place.file, place.name);
      const key = `${declared.file} ${declared.name}`;
      const known = found.get(key);
      if (known) known.isType &&= place.isType;
      else found.set(key, { ...declared, isType: place.isType, name: declared.name || name });
    }
  }
  return [...found.values()];
}

interface Place {
  file: string;
  name: string;
  isType: boolean;
}

/** What a file hands on of others. */
function exportsOf(file: string): Map<string, Place> {
  const names = new Map<string, Place>();
  for (const [, type, list = "", from = ""] of readFileSync(file, "utf8").matchAll(
    /^export (type )?\{([^}]*)\} from "([^"]+)";/gm,
  ))
    for (const each of list.split(",").map((part) => part.trim())) {
      if (each === "") continue;
      const isType = type !== undefined || each.startsWith("type ");
      const [name = "", as = name] = each.replace(/^type /, "").split(" as ");
      names.set(as, { file: join(dirname(file), from.replace(/js$/, "ts")), name, isType });
    }
  return names;
}

function declarationOf(file: string, name: string): Omit<PublicName, "isType"> {
  const text = readFileSync(file, "utf8");
  const declared = new RegExp(
    String.raw`((?:/\*\*(?:[^*]|\*(?!/))*\*/\n)?)export (?:async |abstract )?(function|class|interface|type|const)\*? ${name}\b`,
  ).exec(text);
  if (declared) {
    const [, comment = "", kind] = declared;
    return { name, file, kind: kind as PublicName["kind"], comment, text: text.slice(declared.index) };
  }
  const handed = exportsOf(file).get(name);
  if (handed) return declarationOf(handed.file, handed.name);
  // `export { NAME };` of what is imported.
  const imported = [...text.matchAll(/^import \{([^}]*)\} from "([^"]+)";/gm)].find(([, list = ""]) =>
    list.split(",").some((each) => each.trim() === name),
  );
  if (!imported) throw new Error(`${file} does not declare ${name}`);
  return declarationOf(join(dirname(file), (imported[2] as string).replace(/js$/, "ts")), name);
}
