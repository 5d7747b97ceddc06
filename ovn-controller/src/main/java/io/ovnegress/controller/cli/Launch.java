package io.ovnegress.controller.cli;

import io.ovnegress.controller.ControllerConfig;
import java.util.List;

/** What {@code run} does with its flags once they are understood. */
public interface Launch {
    /**
     * Runs until the process is to end.
     *
     * @param changedFlags {@code --flag=value} of every flag that is not at its default, for the log
     * @return the exit code
     * @throws io.ovnegress.controller.ConfigurationException if something outside the flags themselves makes them impossible
     */
    int run(ControllerConfig config, List<String> changedFlags);
}
