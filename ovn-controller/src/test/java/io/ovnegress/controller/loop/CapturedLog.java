package io.ovnegress.controller.loop;

import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import java.util.List;
import java.util.stream.Collectors;
import org.slf4j.LoggerFactory;

/** The lines that this package logs while it is open, as {@code LEVEL sentence key=value ...}. */
final class CapturedLog implements AutoCloseable {
    private final Logger logger = (Logger) LoggerFactory.getLogger(CapturedLog.class.getPackageName());
    private final ListAppender<ILoggingEvent> appender = new ListAppender<>();

    CapturedLog() {
        appender.start();
        logger.addAppender(appender);
    }

    List<String> lines() {
        return appender.list.stream()
                .map(event -> event.getLevel() + " " + event.getFormattedMessage()
                        + (event.getKeyValuePairs() == null
                                ? ""
                                : event.getKeyValuePairs().stream()
                                        .map(pair -> " " + pair.key + "=" + pair.value)
                                        .collect(Collectors.joining())))
                .toList();
    }

    @Override
    public void close() {
        logger.detachAppender(appender);
    }
}
