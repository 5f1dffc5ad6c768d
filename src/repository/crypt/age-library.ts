/** What is used of typage, apart so that the build puts its code into this module: a package less to install. */
export { Decrypter, Encrypter } from "age-encryption";
