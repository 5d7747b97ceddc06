package io.ovnegress.controller.names;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import org.xbill.DNS.Flags;
import org.xbill.DNS.Message;
import org.xbill.DNS.Rcode;
import org.xbill.DNS.Record;
import org.xbill.DNS.Section;
import org.xbill.DNS.Type;

/** A DNS server on the loopback address that answers what it was told to, over UDP. */
final class LoopbackDns implements AutoCloseable {
    private final DatagramSocket socket;
    private final Map<String, List<Record>> answers = new ConcurrentHashMap<>();
    private final AtomicInteger asked = new AtomicInteger();
    /** The code of every answer. */
    private volatile int code = Rcode.NOERROR;
    /** The type of record for which there is an error. */
    private volatile int failing;

    LoopbackDns() throws IOException {
        socket = new DatagramSocket(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
        Thread.ofVirtual().start(this::serve);
    }

    InetSocketAddress address() {
        return (InetSocketAddress) socket.getLocalSocketAddress();
    }

    /** @param records as a zone has them, such as {@code www.example.com. 1 IN A 10.11.12.13} */
    void answer(String name, Record... records) {
        answers.put(name + ".", List.of(records));
    }

    void answerWith(int other) {
        code = other;
    }

    /** Questions for this type of record are not answered from now on; 0: all are. */
    void failFor(int type) {
        failing = type;
    }

    int asked() {
        return asked.get();
    }

    private void serve() {
        var buffer = new byte[4096];
        try {
            while (true) {
                var packet = new DatagramPacket(buffer, buffer.length);
                socket.receive(packet);
                asked.incrementAndGet();
                var question = new Message(Arrays.copyOf(packet.getData(), packet.getLength()));
                var reply = answer(question).toWire();
                socket.send(new DatagramPacket(reply, reply.length, packet.getSocketAddress()));
            }
        } catch (IOException e) {
            if (!socket.isClosed()) {
                throw new UncheckedIOException(e);
            }
        }
    }

    private Message answer(Message question) {
        var reply = new Message(question.getHeader().getID());
        reply.getHeader().setFlag(Flags.QR);
        var asked = question.getQuestion();
        int code = asked.getType() == failing ? Rcode.SERVFAIL : this.code;
        reply.getHeader().setRcode(code);
        reply.addRecord(asked, Section.QUESTION);
        if (code == Rcode.NOERROR) {
            for (var record : answers.getOrDefault(asked.getName().toString(), List.of())) {
                if (record.getType() == asked.getType() || record.getType() == Type.CNAME) {
                    reply.addRecord(record, Section.ANSWER);
                }
            }
        }
        return reply;
    }

    @Override
    public void close() {
        socket.close();
    }
}
