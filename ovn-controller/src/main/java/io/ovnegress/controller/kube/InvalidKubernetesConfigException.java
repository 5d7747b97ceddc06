package io.ovnegress.controller.kube;

/** The user's trouble: the message is one line that names the flag or variable and the file. */
public final class InvalidKubernetesConfigException extends RuntimeException {
    InvalidKubernetesConfigException(String message) {
        super(message);
    }
}
