package io.ovnegress.controller;

/** The process cannot start as it was told to. The message is one line for people: the flag, its value, what is wrong. */
public final class ConfigurationException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    public ConfigurationException(String message, Throwable cause) {
        super(message, cause);
    }
}
