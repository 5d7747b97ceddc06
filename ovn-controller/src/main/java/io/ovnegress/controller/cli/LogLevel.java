package io.ovnegress.controller.cli;

import static ch.qos.logback.classic.Level.convertAnSLF4JLevel;

import ch.qos.logback.classic.LoggerContext;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.slf4j.event.Level;

/** How much is logged: of ourselves the level itself, of the libraries one level less from info on. */
enum LogLevel {
    ERROR(Level.ERROR, Level.ERROR),
    WARN(Level.WARN, Level.WARN),
    INFO(Level.INFO, Level.WARN),
    DEBUG(Level.DEBUG, Level.INFO),
    TRACE(Level.TRACE, Level.DEBUG);

    private final Level ours;
    private final Level libraries;

    LogLevel(Level ours, Level libraries) {
        this.ours = ours;
        this.libraries = libraries;
    }

    void apply() {
        if (LoggerFactory.getILoggerFactory() instanceof LoggerContext context) {
            context.getLogger(Logger.ROOT_LOGGER_NAME).setLevel(convertAnSLF4JLevel(libraries));
            context.getLogger("io.ovnegress").setLevel(convertAnSLF4JLevel(ours));
        }
    }
}
