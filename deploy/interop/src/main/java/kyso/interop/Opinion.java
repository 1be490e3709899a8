package kyso.interop;

import java.util.List;

/**
 * What EU DSS says of one file. Indications are in the words of ETSI EN 319 102-1; {@code unreadable} holds the reason
 * where DSS could not open the file, and is null otherwise.
 */
record Opinion(String file, String unreadable, List<Signature> signatures, List<Timestamp> timestamps) {

    /**
     * One signature; {@code level} is what DSS recognised, such as {@code PAdES-BASELINE-LTA}. {@code intact} and
     * {@code valid}: the digest and the value are right.
     */
    record Signature(
            String field,
            String indication,
            String subIndication,
            String level,
            boolean intact,
            boolean valid,
            String signer,
            List<String> errors,
            List<String> warnings,
            List<String> notes,
            Changes changes) {}

    /** One timestamp token: the document's own, or that of a signature (which has no field). */
    record Timestamp(
            String field, String type, String indication, String subIndication, List<String> errors, List<String> warnings) {}

    /**
     * What DSS found changed after a signature. Only {@code undefined} changes and those of pages are suspicious by
     * themselves: extensions, filled forms and annotations are weighed against the signature's locks.
     */
    record Changes(
            List<String> extensions,
            List<String> filledOrSigned,
            List<String> annotations,
            List<String> undefined,
            List<Integer> pagesAddedOrRemoved,
            List<Integer> pagesThatLookDifferent,
            List<Integer> pagesWithOverlappingAnnotations) {}

    static Opinion of(String file, List<Signature> signatures, List<Timestamp> timestamps) {
        return new Opinion(file, null, signatures, timestamps);
    }

    static Opinion unreadable(String file, String reason) {
        return new Opinion(file, reason, List.of(), List.of());
    }
}
