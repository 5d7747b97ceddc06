package io.ovnegress.controller.loop;

import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.classic.spi.ThrowableProxyUtil;
import ch.qos.logback.core.read.ListAppender;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.slf4j.LoggerFactory;

/** The lines that a package logs while it is open, as {@code LEVEL sentence key=value ...}. */
public final class CapturedLog implements AutoCloseable {
    private final Logger logger;
    private final ListAppender<ILoggingEvent> appender = new ListAppender<>();

    /** Of this package. */
    CapturedLog() {
        this(CapturedLog.class.getPackageName());
    }

    /** @param name of a package or a class */
    public CapturedLog(String name) {
        logger = (Logger) LoggerFactory.getLogger(name);
        appender.start();
        logger.addAppender(appender);
    }

    public List<String> lines() {
        return appender.list.stream()
                .map(event -> event.getLevel() + " " + event.getFormattedMessage()
                        + (event.getKeyValuePairs() == null
                                ? ""
                                : event.getKeyValuePairs().stream()
                                        .map(pair -> " " + pair.key + "=" + pair.value)
                                        .collect(Collectors.joining())))
                .toList();
    }

    /** Everything, with what was thrown. */
    public String text() {
        var thrown = appender.list.stream()
                .filter(event -> event.getThrowableProxy() != null)
                .map(event -> ThrowableProxyUtil.asString(event.getThrowableProxy()));
        return Stream.concat(lines().stream(), thrown).collect(Collectors.joining("\n"));
    }

    @Override
    public void close() {
        logger.detachAppender(appender);
    }
}
