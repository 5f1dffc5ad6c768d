/** The shape of a point, which the manifest of what was restored has as well. */
export { type HeaderPoint, pointShape, type PointShape, saidPoint, zxidShape } from "../../recovery/index.js";
