package kyso.interop;

import eu.europa.esig.dss.diagnostic.DiagnosticData;
import eu.europa.esig.dss.diagnostic.PDFRevisionWrapper;
import eu.europa.esig.dss.diagnostic.SignatureWrapper;
import eu.europa.esig.dss.diagnostic.TimestampWrapper;
import eu.europa.esig.dss.diagnostic.jaxb.XmlObjectModification;
import eu.europa.esig.dss.jaxb.object.Message;
import eu.europa.esig.dss.model.DSSException;
import eu.europa.esig.dss.model.FileDocument;
import eu.europa.esig.dss.pades.validation.PDFDocumentValidator;
import eu.europa.esig.dss.simplereport.SimpleReport;
import eu.europa.esig.dss.spi.validation.CommonCertificateVerifier;
import eu.europa.esig.dss.spi.x509.CommonTrustedCertificateSource;
import eu.europa.esig.dss.validation.reports.Reports;
import java.math.BigInteger;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/**
 * Validates files with the default policy of EU DSS, offline: the verifier has no source of certificates, OCSP answers
 * or CRLs but the file itself, so that LTA means what it promises.
 */
final class Examiner {

    private final CommonTrustedCertificateSource anchors;

    /** {@code anchors} are trusted for signatures and timestamps alike; DSS knows one set. */
    Examiner(CommonTrustedCertificateSource anchors) {
        this.anchors = anchors;
    }

    Opinion examine(Path file) {
        try {
            return opinion(file, reports(file));
        } catch (DSSException | UnsupportedOperationException error) {
            return Opinion.unreadable(file.toString(), String.valueOf(error.getMessage()));
        }
    }

    private Reports reports(Path file) {
        var verifier = new CommonCertificateVerifier();
        verifier.setTrustedCertSources(anchors);
        verifier.setAIASource(null);
        var validator = new PDFDocumentValidator(new FileDocument(file.toFile()));
        validator.setCertificateVerifier(verifier);
        return validator.validateDocument();
    }

    private static Opinion opinion(Path file, Reports reports) {
        SimpleReport report = reports.getSimpleReport();
        DiagnosticData facts = reports.getDiagnosticData();
        return Opinion.of(
                file.toString(),
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
