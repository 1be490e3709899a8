package kyso.interop;

/**
 * What all signatures of one process are made with: the PKCS#11 {@code module}, the number of the {@code slot} of its
 * token and the {@code pin}; the {@code field} of the draft that is signed and the {@code image} that is shown there;
 * for time and validation data the address of the authority ({@code tsa}), the folder of anchors ({@code trust}) and one
 * for OCSP answers and CRLs ({@code answers}).
 */
record Desk(
        String module, int slot, String pin, String field, String image, String tsa, String trust, String answers) {

    /** Whatever is printed of it, the PIN is not. */
    @Override
    public String toString() {
        return "Desk[" + module + ", slot " + slot + "]";
    }
}
