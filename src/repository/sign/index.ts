/** Signatures of manifests. */
export { keyId, makeKeys, publicKeysOf, signerOf, type PublicKey, type Signer } from "./keys.js";
export { NotSigned, opened, signed, type Signed, type Trust } from "./signature.js";
