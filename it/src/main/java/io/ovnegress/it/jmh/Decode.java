package io.ovnegress.it.jmh;

import io.ovnegress.it.harness.bulk.InProcessController;
import io.ovnegress.ovsdb.codec.OvsdbJson;
import io.ovnegress.ovsdb.codec.TableUpdatesDecoder;
import io.ovnegress.ovsdb.replica.RowUpdate;
import java.io.IOException;
import java.util.List;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;

/** Bytes to row updates: the update that tells of 500 inserted rows. */
@State(Scope.Thread)
public class Decode {
    private final TableUpdatesDecoder decoder =
            new TableUpdatesDecoder(InProcessController.reconciler(500).monitorSpec());
    private byte[] update = {};

    @Setup
    public void commit() {
        update = Sample.updateOf(new Sample(2 * Sample.ROWS).fullTransaction());
    }

    @Benchmark
    @OperationsPerInvocation(Sample.ROWS)
    public List<RowUpdate> row() throws IOException {
        try (var parser = OvsdbJson.FACTORY.createParser(update)) {
            parser.nextToken();
            return decoder.decode(parser);
        }
    }
}
