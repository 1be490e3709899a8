package kyso.interop;

import eu.europa.esig.dss.enumerations.CertificationPermission;
import eu.europa.esig.dss.enumerations.DigestAlgorithm;
import eu.europa.esig.dss.enumerations.SignatureLevel;
import eu.europa.esig.dss.model.DSSDocument;
import eu.europa.esig.dss.model.FileDocument;
import eu.europa.esig.dss.model.InMemoryDocument;
import eu.europa.esig.dss.pades.PAdESSignatureParameters;
import eu.europa.esig.dss.pades.SignatureFieldParameters;
import eu.europa.esig.dss.pades.SignatureImageParameters;
import eu.europa.esig.dss.pades.signature.PAdESService;
import eu.europa.esig.dss.service.crl.FileCacheCRLSource;
import eu.europa.esig.dss.service.crl.OnlineCRLSource;
import eu.europa.esig.dss.service.ocsp.FileCacheOCSPSource;
import eu.europa.esig.dss.service.ocsp.OnlineOCSPSource;
import eu.europa.esig.dss.service.tsp.OnlineTSPSource;
import eu.europa.esig.dss.spi.validation.CommonCertificateVerifier;
import eu.europa.esig.dss.token.DSSPrivateKeyEntry;
import eu.europa.esig.dss.token.Pkcs11SignatureToken;
import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore.PasswordProtection;
import java.util.Date;

/**
 * Signs as the documentation of DSS says (data to be signed, signature value, document) with the one key of a PKCS#11
 * token. Login, key, image and clients live as long as the process, and OCSP answers and CRLs are asked for once.
 */
final class Signer {

    private final Pkcs11SignatureToken token;
    private final DSSPrivateKeyEntry key;
    private final PAdESService service;
    private final String field;
    private final DSSDocument image;

    Signer(Desk desk) throws IOException {
        var pin = new PasswordProtection(desk.pin().toCharArray());
        token = new Pkcs11SignatureToken(desk.module(), pin, desk.slot());
        key = token.getKeys().get(0);
        service = new PAdESService(verifier(desk));
        service.setTspSource(new OnlineTSPSource(desk.tsa()));
        field = desk.field();
        image = new InMemoryDocument(Files.readAllBytes(Path.of(desk.image())), "image.png");
    }

    /** The last of the signed files is written, the others are thrown away. */
    void sign(Task task) throws IOException {
        var draft = new FileDocument(task.draft());
        for (int time = 1; time < task.times(); time++) {
            signed(draft, parameters(task));
        }
        signed(draft, parameters(task)).save(task.signed());
    }

    private DSSDocument signed(DSSDocument draft, PAdESSignatureParameters parameters) {
        var data = service.getDataToSign(draft, parameters);
        var value = token.sign(data, DigestAlgorithm.SHA256, key);
        return service.signDocument(draft, parameters, value);
    }

    private PAdESSignatureParameters parameters(Task task) {
        var parameters = new PAdESSignatureParameters();
        parameters.setSignatureLevel(SignatureLevel.valueByName(task.level()));
        parameters.setDigestAlgorithm(DigestAlgorithm.SHA256);
        parameters.setSigningCertificate(key.getCertificate());
        parameters.setCertificateChain(key.getCertificateChain());
        if (task.certify()) {
            parameters.setPermission(CertificationPermission.MINIMAL_CHANGES_PERMITTED);
        }
        parameters.bLevel().setSigningDate(new Date());
        var place = new SignatureFieldParameters();
        place.setFieldId(field);
        var shown = new SignatureImageParameters();
        shown.setFieldParameters(place);
        if (task.visible()) {
            shown.setImage(image);
        }
        parameters.setImageParameters(shown);
        return parameters;
    }

    private static CommonCertificateVerifier verifier(Desk desk) throws IOException {
        var verifier = new CommonCertificateVerifier();
        verifier.setTrustedCertSources(Anchors.in(Path.of(desk.trust())));
        verifier.setAIASource(null);
        var answers = new File(desk.answers());
        var ocsp = new FileCacheOCSPSource(new OnlineOCSPSource());
        ocsp.setFileCacheDirectory(answers);
        verifier.setOcspSource(ocsp);
        var crl = new FileCacheCRLSource(new OnlineCRLSource());
        crl.setFileCacheDirectory(answers);
        verifier.setCrlSource(crl);
        return verifier;
    }
}
