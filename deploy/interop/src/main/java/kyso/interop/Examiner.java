package kyso.interop;

import eu.europa.esig.dss.diagnostic.DiagnosticData;
import eu.europa.esig.dss.diagnostic.PDFRevisionWrapper;
import eu.europa.esig.dss.diagnostic.SignatureWrapper;
import eu.europa.esig.dss.diagnostic.TimestampWrapper;
import eu.europa.esig.dss.diagnostic.jaxb.XmlDigestMatcher;
import eu.europa.esig.dss.diagnostic.jaxb.XmlObjectModification;
import eu.europa.esig.dss.jaxb.object.Message;
import eu.europa.esig.dss.model.DSSDocument;
import eu.europa.esig.dss.model.FileDocument;
import eu.europa.esig.dss.model.policy.ValidationPolicy;
import eu.europa.esig.dss.pades.validation.PDFDocumentValidator;
import eu.europa.esig.dss.simplereport.SimpleReport;
import eu.europa.esig.dss.spi.DSSUtils;
import eu.europa.esig.dss.spi.validation.CommonCertificateVerifier;
import eu.europa.esig.dss.spi.x509.CommonCertificateSource;
import eu.europa.esig.dss.spi.x509.revocation.crl.ExternalResourcesCRLSource;
import eu.europa.esig.dss.spi.x509.revocation.ocsp.ExternalResourcesOCSPSource;
import eu.europa.esig.dss.validation.reports.Reports;
import java.io.IOException;
import java.math.BigInteger;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Date;
import java.util.List;
import java.util.stream.Stream;

/**
 * Validates files offline: the verifier has no source of certificates, OCSP answers or CRLs but the file itself and what
 * the question brings, so that LTA means what it promises.
 */
final class Examiner {

    private final ValidationPolicy policy;

    Examiner(ValidationPolicy policy) {
        this.policy = policy;
    }

    /** Whatever DSS or PDFBox throws for a file, it is what they say of it. */
    Opinion examine(Question question) throws IOException {
        CommonCertificateVerifier verifier = verifier(question);
        try {
            var validator = new PDFDocumentValidator(new FileDocument(question.file()));
            validator.setCertificateVerifier(verifier);
            if (question.at() != null) {
                validator.setValidationTime(Date.from(Instant.parse(question.at())));
            }
            return opinion(question.file(), validator.validateDocument(policy));
        } catch (RuntimeException | StackOverflowError error) {
            return Opinion.unreadable(question.file(), String.valueOf(error.getMessage()));
        }
    }

    private static CommonCertificateVerifier verifier(Question question) throws IOException {
        var verifier = new CommonCertificateVerifier();
        verifier.setTrustedCertSources(Anchors.in(Path.of(question.trust())));
        verifier.setAIASource(null);
        var others = new CommonCertificateSource();
        for (String file : question.known(".crt")) {
            others.addCertificate(DSSUtils.loadCertificate(Path.of(file).toFile()));
        }
        verifier.setAdjunctCertSources(others);
        verifier.setCrlSource(new ExternalResourcesCRLSource(documents(question.known(".crl"))));
        verifier.setOcspSource(new ExternalResourcesOCSPSource(documents(question.known(".ocsp"))));
        return verifier;
    }

    private static DSSDocument[] documents(String[] files) {
        return Stream.of(files).map(FileDocument::new).toArray(DSSDocument[]::new);
    }

    private static Opinion opinion(String file, Reports reports) {
        SimpleReport report = reports.getSimpleReport();
        DiagnosticData facts = reports.getDiagnosticData();
        return Opinion.of(
                file,
                facts.getSignatures().stream().map(each -> signature(each, report)).toList(),
                facts.getTimestampList().stream().map(each -> timestamp(each, report)).toList());
    }

    private static Opinion.Signature signature(SignatureWrapper signature, SimpleReport report) {
        String id = signature.getId();
        return new Opinion.Signature(
                field(signature.getPDFRevision()),
                report.getIndication(id).name(),
                name(report.getSubIndication(id)),
                String.valueOf(report.getSignatureFormat(id)),
                signature.getDigestMatchers().stream().allMatch(XmlDigestMatcher::isDataIntact),
                signature.isSignatureIntact(),
                report.getSignedBy(id),
                texts(report.getAdESValidationErrors(id)),
                texts(report.getAdESValidationWarnings(id)),
                texts(report.getAdESValidationInfo(id)),
                changes(signature.getPDFRevision()));
    }

    private static Opinion.Timestamp timestamp(TimestampWrapper timestamp, SimpleReport report) {
        String id = timestamp.getId();
        return new Opinion.Timestamp(
                field(timestamp.getPDFRevision()),
                timestamp.getType().name(),
                report.getIndication(id).name(),
                name(report.getSubIndication(id)),
                texts(report.getAdESValidationErrors(id)),
                texts(report.getAdESValidationWarnings(id)));
    }

    private static Opinion.Changes changes(PDFRevisionWrapper revision) {
        return new Opinion.Changes(
                described(revision.getPdfExtensionChanges()),
                described(revision.getPdfSignatureOrFormFillChanges()),
                described(revision.getPdfAnnotationChanges()),
                described(revision.getPdfUndefinedChanges()),
                pages(revision.getPdfPageDifferenceConcernedPages()),
                pages(revision.getPdfVisualDifferenceConcernedPages()),
                pages(revision.getPdfAnnotationsOverlapConcernedPages()));
    }

    private static List<String> described(List<XmlObjectModification> changes) {
        return changes.stream()
                .map(change -> Stream.of(change.getAction(), change.getType(), change.getFieldName(), change.getValue())
                        .filter(part -> part != null)
                        .map(Object::toString)
                        .reduce((left, right) -> left + " " + right)
                        .orElse(""))
                .toList();
    }

    private static String field(PDFRevisionWrapper revision) {
        return revision == null ? null : revision.getFirstFieldName();
    }

    private static String name(Enum<?> value) {
        return value == null ? null : value.name();
    }

    private static List<String> texts(List<Message> messages) {
        return messages.stream().map(Message::getValue).toList();
    }

    private static List<Integer> pages(List<BigInteger> pages) {
        return pages.stream().map(BigInteger::intValueExact).toList();
    }
}
