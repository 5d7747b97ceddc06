package io.ovnegress.controller.ovsdb;

import com.fasterxml.jackson.core.JsonProcessingException;
import java.io.EOFException;
import java.net.ConnectException;
import java.net.NoRouteToHostException;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.net.UnknownHostException;
import java.nio.channels.UnresolvedAddressException;
import java.security.cert.CertPathValidatorException;
import java.security.cert.CertificateExpiredException;
import java.security.cert.CertificateNotYetValidException;
import java.util.Locale;
import java.util.Optional;
import javax.net.ssl.SSLException;

/** Says in an operator's words why a server cannot be reached. */
final class FailureText {
    private FailureText() {}

    /** @param silent whether the connection stood and the server never said a word on it */
    static String of(Exception failure, NbRemote remote, Optional<TlsFiles> tls, boolean silent) {
        if (failure instanceof ConnectionLostException || failure instanceof OvsdbRpcException) {
            return text(failure);
        }
        var plain = switch (failure) {
            case UnknownHostException e -> "unknown host";
            case UnresolvedAddressException e -> "unknown host";
            case SocketTimeoutException e -> "no answer in time";
            case NoRouteToHostException e -> "no route to the host";
            case ConnectException e -> text(e).toLowerCase(Locale.ROOT);
            case SSLException e -> tls(e, tls);
            case JsonProcessingException e -> "cannot understand the server: " + e.getOriginalMessage();
            default -> text(failure);
        };
        boolean hungUp = silent && isCutOff(failure);
        return switch (remote) {
            case NbRemote.Ssl ssl when hungUp -> plain + " (does it accept our certificate?)";
            case NbRemote.Tcp tcp when hungUp -> plain + " before it said anything (an ssl: port?)";
            default -> plain;
        };
    }

    /** The other side has closed a connection that stood; with TLS 1.3 that may be all we hear of a certificate it refuses. */
    private static boolean isCutOff(Exception failure) {
        return failure instanceof EOFException
                || (failure instanceof SocketException
                        && !(failure instanceof ConnectException)
                        && !(failure instanceof NoRouteToHostException));
    }

    private static String tls(SSLException failure, Optional<TlsFiles> tls) {
        var ca = tls.map(files -> files.caCertificates().toString()).orElse("the CA");
        var ours = tls.map(files -> files.certificate().toString()).orElse("ours");
        for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
            if (cause instanceof CertificateExpiredException || cause instanceof CertificateNotYetValidException) {
                return "the server's certificate is not valid now: " + text(cause);
            }
        }
        for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
            var text = text(cause);
            if (cause instanceof CertPathValidatorException
                    || text.contains("unable to find valid certification path")) {
                return "the server's certificate does not come from a CA in " + ca;
            }
            if (text.contains("Unsupported or unrecognized SSL message")) {
                return "the server does not speak TLS (a tcp: port?)";
            }
            if (text.contains("Remote host terminated the handshake")) {
                return "the server ended the TLS handshake (a tcp: port? or it does not accept certificate " + ours
                        + ")";
            }
            if (text.contains("Received fatal alert")) {
                return "the server does not accept certificate " + ours + ": " + text;
            }
        }
        return "TLS: " + text(failure);
    }

    private static String text(Throwable failure) {
        var message = failure.getMessage();
        return message == null || message.isBlank() ? failure.getClass().getSimpleName() : message;
    }
}
