package io.ovnegress.controller.ovsdb;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.PrivateKey;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.security.spec.InvalidKeySpecException;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * Reads keys and certificates from PEM files (RFC 7468); text around the blocks does not matter. Errors name the file and never
 * quote it, nor have a cause that does: it may be another one than was meant.
 */
final class PemFile {
    private static final Pattern BLOCK = Pattern.compile("-----BEGIN ([^-]+)-----([^-]+)-----END \\1-----");

    /** {@code version 0} of a PKCS#8 key (RFC 5208), as DER. */
    private static final byte[] VERSION = {2, 1, 0};
    /** {@code rsaEncryption} with its null parameter (RFC 8017), as DER. */
    private static final byte[] RSA = {6, 9, 42, (byte) 134, 72, (byte) 134, (byte) 247, 13, 1, 1, 1, 5, 0};
    /** {@code id-ecPublicKey} (RFC 5480), as DER. */
    private static final byte[] EC = {6, 7, 42, (byte) 134, 72, (byte) 206, 61, 2, 1};

    private static final int SEQUENCE = 0x30;
    private static final int OCTET_STRING = 0x04;
    private static final int EC_PARAMETERS = 0xa0;

    private PemFile() {}

    @SuppressWarnings("ArrayRecordComponent") // never compared, never shared
    private record Block(String label, byte[] content) {}

    static List<X509Certificate> certificates(Path file) throws IOException {
        var certificates = new ArrayList<X509Certificate>();
        for (var block : blocks(file)) {
            if (block.label().equals("CERTIFICATE")) {
                try {
                    certificates.add((X509Certificate) CertificateFactory.getInstance("X.509")
                            .generateCertificate(new ByteArrayInputStream(block.content())));
                } catch (CertificateException e) {
                    throw new IOException(file + ": a CERTIFICATE block in it is no X.509 certificate");
                }
            }
        }
        if (certificates.isEmpty()) {
            throw new IOException(file + ": no certificate in it (PEM)");
        }
        return certificates;
    }

    static PrivateKey privateKey(Path file) throws IOException {
        for (var block : blocks(file)) {
            Optional<PrivateKey> key = switch (block.label()) {
                case "PRIVATE KEY" -> Optional.of(privateKey(file, block.content()));
                case "RSA PRIVATE KEY" -> Optional.of(privateKey(file, pkcs8(RSA, block.content())));
                case "EC PRIVATE KEY" -> {
                    var algorithm = concatenated(EC, curve(file, block.content()));
                    yield Optional.of(privateKey(file, pkcs8(algorithm, block.content())));
                }
                case "ENCRYPTED PRIVATE KEY" ->
                    throw new IOException(file + ": the private key is encrypted; an unencrypted one is needed");
                default -> Optional.empty();
            };
            if (key.isPresent()) {
                return key.get();
            }
        }
        throw new IOException(file + ": no private key in it (PEM; PKCS#8, PKCS#1 or SEC1, not encrypted)");
    }

    private static PrivateKey privateKey(Path file, byte[] pkcs8) throws IOException {
        for (var algorithm : List.of("RSA", "EC", "EdDSA")) {
            try {
                return KeyFactory.getInstance(algorithm).generatePrivate(new PKCS8EncodedKeySpec(pkcs8));
            } catch (InvalidKeySpecException e) {
                // A key of another algorithm.
            } catch (GeneralSecurityException e) {
                throw new IOException(file + ": its private key cannot be used: "
                        + e.getClass().getSimpleName());
            }
        }
        throw new IOException(file + ": neither an RSA nor an EC nor an EdDSA private key, or damaged");
    }

    private static List<Block> blocks(Path file) throws IOException {
        try {
            var text = Files.readString(file, StandardCharsets.ISO_8859_1);
            var blocks = new ArrayList<Block>();
            for (var found = BLOCK.matcher(text); found.find(); ) {
                blocks.add(new Block(found.group(1), Base64.getMimeDecoder().decode(found.group(2))));
            }
            return blocks;
        } catch (NoSuchFileException e) {
            throw new IOException(file + ": no such file", e);
        } catch (AccessDeniedException e) {
            throw new IOException(file + ": permission denied", e);
        } catch (IllegalArgumentException e) {
            throw new IOException(file + ": damaged: a block in it is not in Base64");
        }
    }

    /** The key in PKCS#8, the only form the JDK reads. */
    private static byte[] pkcs8(byte[] algorithm, byte[] key) {
        return der(SEQUENCE, concatenated(VERSION, der(SEQUENCE, algorithm), der(OCTET_STRING, key)));
    }

    /** The {@code parameters} of an {@code ECPrivateKey} (RFC 5915 section 3), which name the curve. */
    private static byte[] curve(Path file, byte[] key) throws IOException {
        var outer = ByteBuffer.wrap(key);
        if (outer.remaining() > 2 && Byte.toUnsignedInt(outer.get()) == SEQUENCE) {
            length(outer);
            while (outer.remaining() > 2) {
                int tag = Byte.toUnsignedInt(outer.get());
                var content = new byte[Math.min(length(outer), outer.remaining())];
                outer.get(content);
                if (tag == EC_PARAMETERS) {
                    return content;
                }
            }
        }
        throw new IOException(file + ": the EC private key does not name its curve");
    }

    private static int length(ByteBuffer der) {
        int first = Byte.toUnsignedInt(der.get());
        if (first < 0x80) {
            return first;
        }
        int length = 0;
        for (int i = 0; i < (first & 0x7f) && der.hasRemaining(); i++) {
            length = length << 8 | Byte.toUnsignedInt(der.get());
        }
        return Math.max(length, 0);
    }

    private static byte[] der(int tag, byte[] content) {
        byte[] header;
        if (content.length < 0x80) {
            header = new byte[] {(byte) tag, (byte) content.length};
        } else if (content.length < 0x100) {
            header = new byte[] {(byte) tag, (byte) 0x81, (byte) content.length};
        } else {
            header = new byte[] {(byte) tag, (byte) 0x82, (byte) (content.length >> 8), (byte) content.length};
        }
        return concatenated(header, content);
    }

    private static byte[] concatenated(byte[]... parts) {
        var whole = new ByteArrayOutputStream();
        for (var part : parts) {
            whole.writeBytes(part);
        }
        return whole.toByteArray();
    }
}
