package io.ovnegress.controller.ovsdb;

import java.io.IOException;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.PrivateKey;
import java.security.Signature;
import java.security.cert.Certificate;
import java.security.cert.CertificateExpiredException;
import java.security.cert.CertificateNotYetValidException;
import java.util.List;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;

/**
 * The PEM files of a TLS client, as ovs-pki(8) or any other tool writes them.
 *
 * @param privateKey unencrypted, PKCS#8, PKCS#1 (RSA) or SEC1 (EC)
 * @param certificate ours, followed by intermediate ones if there are any
 * @param caCertificates one or more; the server's certificate must come from one of them
 */
public record TlsFiles(Path privateKey, Path certificate, Path caCertificates) {
    private static final char[] NO_PASSWORD = {};

    /**
     * Reads the files as they are now; renewed files count from the next connection on.
     *
     * @throws IOException if one cannot be read or used, naming it
     */
    public SSLContext sslContext() throws IOException {
        var key = PemFile.privateKey(privateKey);
        var chain = PemFile.certificates(certificate);
        var authorities = PemFile.certificates(caCertificates);
        try {
            try {
                chain.getFirst().checkValidity();
            } catch (CertificateExpiredException | CertificateNotYetValidException e) {
                throw new IOException(
                        "our certificate " + certificate + " is not valid now, or the clock is wrong: "
                                + e.getMessage(),
                        e);
            }
            if (!belong(key, chain.getFirst())) {
                throw new IOException("private key " + privateKey + " does not belong to certificate " + certificate);
            }
            var ours = emptyKeyStore();
            ours.setKeyEntry("client", key, NO_PASSWORD, chain.toArray(Certificate[]::new));
            var keys = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
            keys.init(ours, NO_PASSWORD);
            var trust = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
            trust.init(trusted(authorities));
            var context = SSLContext.getInstance("TLS");
            context.init(keys.getKeyManagers(), trust.getTrustManagers(), null);
            return context;
        } catch (GeneralSecurityException e) {
            throw new IOException("TLS cannot be set up from " + this + ": " + e.getMessage(), e);
        }
    }

    private static KeyStore trusted(List<? extends Certificate> authorities)
            throws GeneralSecurityException, IOException {
        var store = emptyKeyStore();
        for (var authority : authorities) {
            store.setCertificateEntry("ca" + store.size(), authority);
        }
        return store;
    }

    private static KeyStore emptyKeyStore() throws GeneralSecurityException, IOException {
        var store = KeyStore.getInstance("PKCS12");
        store.load(null, NO_PASSWORD);
        return store;
    }

    private static boolean belong(PrivateKey key, Certificate certificate) throws GeneralSecurityException {
        if (!key.getAlgorithm().equals(certificate.getPublicKey().getAlgorithm())) {
            return false;
        }
        var algorithm = switch (key.getAlgorithm()) {
            case "RSA" -> "SHA256withRSA";
            case "EC" -> "SHA256withECDSA";
            default -> key.getAlgorithm();
        };
        var signature = Signature.getInstance(algorithm);
        var text = new byte[] {1};
        signature.initSign(key);
        signature.update(text);
        var signed = signature.sign();
        signature.initVerify(certificate.getPublicKey());
        signature.update(text);
        return signature.verify(signed);
    }
}
