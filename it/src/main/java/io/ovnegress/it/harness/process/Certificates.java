package io.ovnegress.it.harness.process;

import java.nio.file.Path;

/**
 * A key and a certificate that an authority made for the purpose has signed, for both ends of a connection.
 *
 * @param key unencrypted, PEM
 * @param authority whose certificate signs the other one
 */
public record Certificates(Path key, Path certificate, Path authority) {
    /** New ones, in this directory. */
    public static Certificates make(Path directory) {
        Command.of("sh", "-ec", """
                        cd "$1"
                        openssl req -x509 -newkey rsa:2048 -nodes -subj /CN=authority -days 2 -keyout ca.key -out ca.crt
                        openssl req -newkey rsa:2048 -nodes -subj /CN=ovn -keyout tls.key -out tls.csr
                        openssl x509 -req -in tls.csr -CA ca.crt -CAkey ca.key -CAcreateserial -days 2 -out tls.crt
                        """, "sh", directory.toString()).output();
        return new Certificates(
                directory.resolve("tls.key"), directory.resolve("tls.crt"), directory.resolve("ca.crt"));
    }
}
