package io.changewatch.examples.orders;

import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;
import org.bson.BsonDocument;

/**
 * A WebSocket client that sees every frame, and can do what no browser would: not read, not answer a ping, send anything.
 *
 * <p>Not thread-safe.
 */
final class RawSocket implements AutoCloseable {
    private static final int TEXT = 1;
    private static final int CLOSE = 8;
    private static final int PING = 9;
    private static final int PONG = 10;
    private static final Duration LIMIT = Duration.ofMinutes(1);

    private final Socket socket = new Socket();
    private final DataInputStream input;
    private final OutputStream output;
    private final String status;
    private final String head;
    private final ByteArrayOutputStream fragments = new ByteArrayOutputStream();
    private boolean answersPings = true;

    private RawSocket(int port, String query, Map<String, String> headers, int receiveBuffer) throws IOException {
        if (receiveBuffer > 0) {
            socket.setReceiveBufferSize(receiveBuffer);
        }
        socket.setSoTimeout(Math.toIntExact(LIMIT.toMillis()));
        socket.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), port));
        input = new DataInputStream(new BufferedInputStream(socket.getInputStream(), 16_384));
        output = socket.getOutputStream();
        output.write(request(port, query, headers).getBytes(StandardCharsets.ISO_8859_1));
        head = readHead();
        status = head.substring(9, 12);
    }

    static RawSocket open(int port, String query) throws IOException {
        return open(port, query, Map.of());
    }

    static RawSocket open(int port, String query, Map<String, String> headers) throws IOException {
        return new RawSocket(port, query, headers, 0);
    }

    /** One whose system takes little before it pushes back. */
    static RawSocket openSmall(int port, String query) throws IOException {
        return new RawSocket(port, query, Map.of(), 4_096);
    }

    private static String request(int port, String query, Map<String, String> headers) {
        StringBuilder request =
                new StringBuilder("GET /ws/order-updates" + query + " HTTP/1.1\r\nHost: 127.0.0.1:" + port
                        + "\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13"
                        + "\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n");
        headers.forEach(
                (name, value) -> request.append(name).append(": ").append(value).append("\r\n"));
        return request.append("\r\n").toString();
    }

    private String readHead() throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        while (!bytes.toString(StandardCharsets.ISO_8859_1).endsWith("\r\n\r\n")) {
            bytes.write(input.readUnsignedByte());
        }
        return bytes.toString(StandardCharsets.ISO_8859_1);
    }

    /** The status of the answer to the handshake: 101 if it was upgraded. */
    int status() {
        return Integer.parseInt(status);
    }

    /** The rest of an answer that is no upgrade. */
    String body() throws IOException {
        return new String(input.readAllBytes(), StandardCharsets.UTF_8);
    }

    /** One control frame, or a message of one frame or more. */
    record Frame(int opcode, String text, int closeCode) {

        boolean isText() {
            return opcode == TEXT;
        }

        boolean isClose() {
            return opcode == CLOSE;
        }

        BsonDocument message() {
            return BsonDocument.parse(text);
        }

        String type() {
            return isText()
                    ? message().getString("type").getValue()
                    : isClose() ? "close " + closeCode + " " + text : "ping";
        }
    }

    /** Leaves pings without an answer. */
    RawSocket mute() {
        answersPings = false;
        return this;
    }

    /** The next frame; pings are answered, and left out. */
    Frame next() throws IOException {
        while (true) {
            Frame frame = read();
            if (frame.opcode() != PING && frame.opcode() != PONG) {
                return frame;
            }
            if (frame.opcode() == PING && answersPings) {
                send(PONG, frame.text().getBytes(StandardCharsets.UTF_8));
            }
        }
    }

    /** One message, whose fragments may have control frames between them; those come first. */
    private Frame read() throws IOException {
        while (true) {
            int first = input.readUnsignedByte();
            byte[] payload = readPayload();
            int opcode = first & 0x0F;
            if (opcode >= CLOSE) {
                return control(opcode, payload);
            }
            fragments.write(payload);
            if ((first & 0x80) != 0) {
                Frame whole = new Frame(TEXT, fragments.toString(StandardCharsets.UTF_8), 0);
                fragments.reset();
                return whole;
            }
        }
    }

    private byte[] readPayload() throws IOException {
        long length = input.readUnsignedByte() & 0x7F;
        length = length == 126 ? input.readUnsignedShort() : length == 127 ? input.readLong() : length;
        byte[] payload = new byte[Math.toIntExact(length)];
        input.readFully(payload);
        return payload;
    }

    private static Frame control(int opcode, byte[] payload) {
        if (opcode != CLOSE || payload.length < 2) {
            return new Frame(opcode, new String(payload, StandardCharsets.UTF_8), 0);
        }
        int code = ByteBuffer.wrap(payload).getShort() & 0xFFFF;
        return new Frame(opcode, new String(payload, 2, payload.length - 2, StandardCharsets.UTF_8), code);
    }

    /** The frames up to the first that is like this, and that one. */
    List<Frame> until(Predicate<Frame> last) throws IOException {
        List<Frame> frames = new ArrayList<>();
        do {
            frames.add(next());
        } while (!last.test(frames.get(frames.size() - 1)));
        return frames;
    }

    List<Frame> untilType(String type) throws IOException {
        return until(frame -> frame.type().equals(type));
    }

    List<Frame> untilClose() throws IOException {
        return until(Frame::isClose);
    }

    /** Whether the server ends the TCP connection, sooner or later. */
    boolean isCutOff() throws IOException {
        try {
            while (input.read() >= 0) {
                // What was on its way does not matter.
            }
            return true;
        } catch (SocketTimeoutException e) {
            return false;
        } catch (EOFException | SocketException e) {
            return true;
        }
    }

    RawSocket send(String text) throws IOException {
        return send(TEXT, text.getBytes(StandardCharsets.UTF_8));
    }

    RawSocket send(int opcode, byte[] payload) throws IOException {
        return sendBytes(frame(opcode, payload));
    }

    /** The same text so many times in one go: nothing is left to be sent when the server has had enough. */
    RawSocket sendAtOnce(String text, int times) throws IOException {
        ByteArrayOutputStream frames = new ByteArrayOutputStream();
        for (int i = 0; i < times; i++) {
            frames.write(frame(TEXT, text.getBytes(StandardCharsets.UTF_8)));
        }
        return sendBytes(frames.toByteArray());
    }

    private static byte[] frame(int opcode, byte[] payload) throws IOException {
        ByteArrayOutputStream frame = new ByteArrayOutputStream();
        frame.write(0x80 | opcode);
        if (payload.length < 126) {
            frame.write(0x80 | payload.length);
        } else if (payload.length < 65_536) {
            frame.write(0x80 | 126);
            frame.write(ByteBuffer.allocate(2).putShort((short) payload.length).array());
        } else {
            frame.write(0x80 | 127);
            frame.write(ByteBuffer.allocate(8).putLong(payload.length).array());
        }
        frame.write(new byte[4]); // a mask of zeros
        frame.write(payload);
        return frame.toByteArray();
    }

    /** Anything at all. */
    RawSocket sendBytes(byte[] bytes) throws IOException {
        output.write(bytes);
        output.flush();
        return this;
    }

    /** Cuts the connection without a word. */
    @Override
    public void close() throws IOException {
        if (!socket.isClosed()) {
            socket.setSoLinger(true, 0);
            socket.close();
        }
    }
}
