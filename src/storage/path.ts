/** What separates the names in a znode's path. */
export const SLASH = 0x2f;
