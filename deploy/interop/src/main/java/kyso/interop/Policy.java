package kyso.interop;

import eu.europa.esig.dss.enumerations.Level;
import eu.europa.esig.dss.model.policy.ValidationPolicy;
import eu.europa.esig.dss.policy.EtsiValidationPolicy;
import eu.europa.esig.dss.policy.ValidationPolicyFacade;
import eu.europa.esig.dss.policy.jaxb.Algo;
import eu.europa.esig.dss.policy.jaxb.BasicSignatureConstraints;
import eu.europa.esig.dss.policy.jaxb.CertificateConstraints;
import eu.europa.esig.dss.policy.jaxb.ConstraintsParameters;
import eu.europa.esig.dss.policy.jaxb.CryptographicConstraint;
import eu.europa.esig.dss.policy.jaxb.LevelConstraint;
import eu.europa.esig.dss.policy.jaxb.MultiValuesConstraint;
import eu.europa.esig.dss.policy.jaxb.SignedAttributesConstraints;
import jakarta.xml.bind.JAXBException;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.List;
import javax.xml.stream.XMLStreamException;
import org.xml.sax.SAXException;

/**
 * The default policy of EU DSS with what it leaves to its users decided as we decide it, so that a disagreement is one
 * about the file.
 */
final class Policy {

    private static final String DEFAULT = "/policy/constraint.xml";
    private static final String EDDSA = "EdDSA";
    private static final int SMALLEST_EDDSA = 24;

    private Policy() {}

    static ValidationPolicy ofOurs() {
        try (InputStream read = Policy.class.getResourceAsStream(DEFAULT)) {
            ConstraintsParameters rules = ValidationPolicyFacade.newFacade().unmarshall(read);
            refuseUnallowedChanges(rules.getSignatureConstraints().getBasicSignatureConstraints());
            demandRightKeys(rules.getSignatureConstraints().getBasicSignatureConstraints().getSigningCertificate());
            demandRightName(rules.getSignatureConstraints().getSignedAttributes());
            allowEdDsa(rules.getCryptographic());
            return new EtsiValidationPolicy(rules);
        } catch (IOException error) {
            throw new UncheckedIOException(error);
        } catch (JAXBException | XMLStreamException | SAXException error) {
            throw new IllegalStateException("the default policy of DSS cannot be read", error);
        }
    }

    /** Changes that a signature does not allow are failures and not advice (ISO 32000-2, 12.8.2). */
    private static void refuseUnallowedChanges(BasicSignatureConstraints rules) {
        rules.setDocMDP(failing());
        rules.setFieldMDP(failing());
        rules.setSigFieldLock(failing());
        rules.setUndefinedChanges(failing());
        rules.setAnnotationChanges(failing());
        rules.setPdfVisualDifference(failing());
    }

    /** A key for other ends signs no documents (RFC 5280, 4.2.1.3). */
    private static void demandRightKeys(CertificateConstraints rules) {
        var usages = new MultiValuesConstraint();
        usages.setLevel(Level.FAIL);
        usages.getId().addAll(List.of("nonRepudiation", "digitalSignature"));
        rules.setKeyUsage(usages);
    }

    /** The attribute that names the certificate has its serial number right (RFC 5035, 5). */
    private static void demandRightName(SignedAttributesConstraints rules) {
        rules.setIssuerSerialMatch(failing());
    }

    /** RFC 8419; the default leaves it out, because ETSI TS 119 312 does not name it. */
    private static void allowEdDsa(CryptographicConstraint rules) {
        rules.getAcceptableEncryptionAlgo().getAlgos().add(algorithm(null));
        rules.getMiniPublicKeySize().getAlgos().add(algorithm(SMALLEST_EDDSA));
        rules.getAlgoExpirationDate().getAlgos().add(algorithm(SMALLEST_EDDSA));
    }

    private static Algo algorithm(Integer size) {
        var algorithm = new Algo();
        algorithm.setValue(EDDSA);
        algorithm.setSize(size);
        return algorithm;
    }

    private static LevelConstraint failing() {
        var constraint = new LevelConstraint();
        constraint.setLevel(Level.FAIL);
        return constraint;
    }
}
