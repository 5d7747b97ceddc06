package io.ovnegress.it.chaos;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

/**
 * Whatever happens to cluster, database, connection and controller, in the end the rows are those that a new controller would
 * write, on the way no rule was broken by us, and nobody else's rows were touched. Always the same histories, so that a change is
 * judged by what its predecessor passed; {@code .ci/run} goes on with more of them, {@code make chaos} runs others.
 */
class ChaosTest {
    private static final long SEED = 1;
    private static final int HISTORIES = 30;

    @Test
    void everyHistoryEndsInTheRowsThatANewControllerWouldWrite() {
        assertThat(Chaos.run(SEED, HISTORIES)).isEmpty();
    }
}
