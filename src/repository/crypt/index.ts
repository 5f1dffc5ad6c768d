/** Encryption of what is stored, in the age format. */
export { CannotDecrypt, decrypt, decryptBytes, isAge, type Locked } from "./decrypt.js";
export { encrypt, encryptBytes } from "./encrypt.js";
export { identitiesOf, type Identities } from "./identities.js";
export { recipientsFile, recipientsOf, type Recipients } from "./recipients.js";
