package kyso.interop;

import java.util.List;

/**
 * A file and what to judge it with: {@code trust} is a folder of anchors, {@code known} are files with certificates
 * ({@code .crt}), OCSP responses ({@code .ocsp}) and CRLs ({@code .crl}) that the verifier has from elsewhere, and
 * {@code at} is the moment of looking (ISO 8601), null for now.
 */
record Question(String file, String trust, List<String> known, String at) {

    /** The files in {@code known} of this kind. */
    String[] known(String ending) {
        return known.stream().filter(name -> name.endsWith(ending)).toArray(String[]::new);
    }
}
