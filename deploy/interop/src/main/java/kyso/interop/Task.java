package kyso.interop;

/**
 * A signature to be made {@code times} times, each time anew from {@code draft}, and the last one written to {@code
 * signed}. The {@code level} is DSS's, such as {@code PAdES-BASELINE-B}; a certifying signature
 * allows forms to be filled (DocMDP, {@code /P 2}).
 */
record Task(String draft, String signed, String level, boolean visible, boolean certify, int times) {}
