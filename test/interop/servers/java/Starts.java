import java.io.BufferedReader;
import java.io.File;
import java.io.FileOutputStream;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.lang.reflect.Field;
import java.lang.reflect.InvocationHandler;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Paths;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Properties;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.apache.log4j.AppenderSkeleton;
import org.apache.log4j.Level;
import org.apache.log4j.Logger;
import org.apache.log4j.spi.LoggingEvent;
import org.apache.zookeeper.server.DataNode;
import org.apache.zookeeper.server.DataTree;
import org.apache.zookeeper.server.ServerCnxnFactory;
import org.apache.zookeeper.server.ZKDatabase;
import org.apache.zookeeper.server.ZooKeeperServer;
import org.apache.zookeeper.server.ZooKeeperServerMain;
import org.apache.zookeeper.server.persistence.FileTxnSnapLog;
import org.apache.zookeeper.server.quorum.QuorumPeer;
import org.apache.zookeeper.server.quorum.QuorumPeerMain;
import org.apache.zookeeper.txn.TxnHeader;

/**
 * Starts the release's own server, one data directory after the other in one JVM, and says what came of it.
 * <pre>Starts CASES OUT</pre>
 * A line of CASES is KIND, TAB, the case's name, TAB, a zoo.cfg, TAB, the client port. KIND is "standalone", "ensemble"
 * (a quorum of one), or "replay": which transactions FileTxnSnapLog.restore plays. A line of OUT is what was seen, as
 * JSON. Whatever ends the JVM ends it after the lines of the cases before.
 */
public final class Starts {
    /** How long a server may take until it serves, in milliseconds. */
    private static final long PATIENCE = 120_000;
    /** Milliseconds that a server has to end. */
    private static final long TO_END = 30_000;

    private static final Messages MESSAGES = new Messages();

    public static void main(String[] args) throws Exception {
        Logger.getRootLogger().addAppender(MESSAGES);
        try (PrintStream out = new PrintStream(new FileOutputStream(args[1]), true, "UTF-8")) {
            for (String line : Files.readAllLines(Paths.get(args[0]), StandardCharsets.UTF_8)) {
                String[] fields = line.split("\t");
                Seen seen = new Seen(fields[0], fields[1]);
                MESSAGES.clear();
                if (fields[0].equals("replay")) {
                    replay(fields[2], seen);
                } else {
                    start(fields[0].equals("ensemble") ? new Member() : new Standalone(), fields[2],
                        Integer.parseInt(fields[3]), seen);
                }
                out.println(seen.json());
            }
        }
        System.exit(0);
    }

    /** What the two kinds of server have in common. */
    private interface Runner {
        /** Returns when the server has ended. */
        void run(String config) throws Exception;

        ZKDatabase database() throws Exception;

        void end() throws Exception;
    }

    private static final class Standalone extends ZooKeeperServerMain implements Runner {
        @Override
        public void run(String config) throws Exception {
            initializeAndRun(new String[] {config});
        }

        @Override
        public ZKDatabase database() throws Exception {
            Object factory = fieldOf(ZooKeeperServerMain.class, this, "cnxnFactory");
            return ((ZooKeeperServer) fieldOf(ServerCnxnFactory.class, factory, "zkServer")).getZKDatabase();
        }

        @Override
        public void end() {
            shutdown();
        }
    }

    private static final class Member extends QuorumPeerMain implements Runner {
        @Override
        public void run(String config) throws Exception {
            initializeAndRun(new String[] {config});
        }

        @Override
        public ZKDatabase database() throws Exception {
            return (ZKDatabase) fieldOf(QuorumPeer.class, quorumPeer, "zkDb");
        }

        @Override
        public void end() {
            quorumPeer.shutdown();
        }
    }

    /** A server can wait for ever while it ends (QuorumPeer.shutdown): the next one does not wait for that. */
    private static void end(final Runner server) throws InterruptedException {
        Thread thread = new Thread("end of a server") {
            @Override
            public void run() {
                try {
                    server.end();
                } catch (Exception problem) {
                    problem.printStackTrace();
                }
            }
        };
        thread.setDaemon(true);
        thread.start();
        thread.join(TO_END);
    }

    private static void start(final Runner server, final String config, int port, final Seen seen) throws Exception {
        Thread thread = new Thread("server of " + seen.name) {
            @Override
            public void run() {
                try {
                    server.run(config);
                } catch (Throwable problem) {
                    seen.problem = problem;
                }
            }
        };
        thread.start();
        String answer = "";
        for (long end = System.currentTimeMillis() + PATIENCE; System.currentTimeMillis() < end; Thread.sleep(10)) {
            if (!thread.isAlive()) {
                break;
            }
            answer = ask(port);
            if (answer.contains("Mode: ")) {
                break;
            }
        }
        Matcher zxid = Pattern.compile("Zxid: (0x[0-9a-f]+)").matcher(answer);
        if (seen.problem == null && zxid.find()) {
            seen.starts = true;
            seen.serves = zxid.group(1);
            look(server.database().getDataTree(), "", seen.paths);
        }
        seen.messages.addAll(MESSAGES.lines());
        seen.loaded = MESSAGES.proposed;
        if (thread.isAlive()) {
            end(server);
        }
        thread.join(PATIENCE);
    }

    /** Every path that can be come to from the root. */
    private static void look(DataTree tree, String path, Set<String> paths) {
        DataNode node = tree.getNode(path.isEmpty() ? "/" : path);
        if (node == null) {
            return;
        }
        paths.add(path.isEmpty() ? "/" : path);
        List<String> children;
        synchronized (node) {
            children = new ArrayList<>(node.getChildren());
        }
        for (String child : children) {
            look(tree, path + "/" + child, paths);
        }
    }

    private static void replay(String config, final Seen seen) throws Exception {
        Properties settings = new Properties();
        try (InputStream in = Files.newInputStream(Paths.get(config))) {
            settings.load(in);
        }
        File data = new File(settings.getProperty("dataDir"));
        File log = new File(settings.getProperty("dataLogDir", data.getPath()));
        InvocationHandler listener = new InvocationHandler() {
            @Override
            public Object invoke(Object proxy, Method method, Object[] arguments) {
                seen.played.add(((TxnHeader) arguments[0]).getZxid());
                return null;
            }
        };
        try {
            FileTxnSnapLog files = new FileTxnSnapLog(log, data);
            DataTree tree = emptyTree();
            files.restore(tree, new ConcurrentHashMap<Long, Integer>(), (FileTxnSnapLog.PlayBackListener)
                Proxy.newProxyInstance(Starts.class.getClassLoader(),
                    new Class<?>[] {FileTxnSnapLog.PlayBackListener.class}, listener));
            seen.starts = true;
            seen.loaded = "0x" + Long.toHexString(tree.lastProcessedZxid);
            files.close();
        } catch (Exception problem) {
            seen.problem = problem;
        }
        seen.messages.addAll(MESSAGES.lines());
    }

    private static DataTree emptyTree() throws Exception {
        return DataTree.class.getDeclaredConstructor().newInstance();
    }

    private static Object fieldOf(Class<?> type, Object of, String name) throws Exception {
        Field field = type.getDeclaredField(name);
        field.setAccessible(true);
        return field.get(of);
    }

    /** What "srvr" is answered; empty while nobody listens. */
    private static String ask(int port) {
        try (Socket socket = new Socket()) {
            socket.connect(new InetSocketAddress("127.0.0.1", port), 1000);
            socket.setSoTimeout(1000);
            socket.getOutputStream().write("srvr".getBytes(StandardCharsets.US_ASCII));
            BufferedReader in = new BufferedReader(new InputStreamReader(socket.getInputStream(), "UTF-8"));
            StringBuilder answer = new StringBuilder();
            for (String line = in.readLine(); line != null; line = in.readLine()) {
                answer.append(line).append('\n');
            }
            return answer.toString();
        } catch (Exception nobody) {
            return "";
        }
    }

    /** Keeps what is logged at WARN and above, and the zxid that the server goes into an election with. */
    private static final class Messages extends AppenderSkeleton {
        private static final Pattern PROPOSED = Pattern.compile("New election\\..*proposed zxid *= *(0x[0-9a-f]+)");
        private static final int MOST = 60;
        private final ArrayDeque<String> kept = new ArrayDeque<>();
        private String proposed;

        @Override
        protected synchronized void append(LoggingEvent event) {
            String text = event.getRenderedMessage();
            Matcher match = PROPOSED.matcher(text);
            if (match.find() && proposed == null) {
                proposed = match.group(1);
            }
            if (event.getLevel().isGreaterOrEqual(Level.WARN) && kept.size() < MOST) {
                String cause = event.getThrowableInformation() == null ? ""
                    : " " + event.getThrowableInformation().getThrowable();
                kept.add(event.getLevel() + " " + text + cause);
            }
        }

        synchronized void clear() {
            kept.clear();
            proposed = null;
        }

        synchronized List<String> lines() {
            return new ArrayList<>(kept);
        }

        @Override
        public void close() {
        }

        @Override
        public boolean requiresLayout() {
            return false;
        }
    }

    private static final class Seen {
        private final String kind;
        private final String name;
        private boolean starts;
        private String serves;
        private String loaded;
        private Throwable problem;
        private final Set<String> messages = new LinkedHashSet<>();
        private final Set<String> paths = new TreeSet<>();
        private final List<Long> played = new ArrayList<>();

        Seen(String kind, String name) {
            this.kind = kind;
            this.name = name;
        }

        String json() {
            List<String> problems = new ArrayList<>();
            for (Throwable each = problem; each != null; each = each.getCause()) {
                problems.add(each.toString());
            }
            return "{\"kind\":" + quoted(kind) + ",\"name\":" + quoted(name) + ",\"starts\":" + starts + ",\"serves\":"
                + quoted(serves) + ",\"loaded\":" + quoted(loaded) + ",\"problems\":" + quoted(problems)
                + ",\"messages\":" + quoted(messages) + ",\"paths\":" + quoted(paths) + ",\"played\":"
                + quoted(ranges()) + "}";
        }

        /** As FIRST-LAST in hexadecimal, in the order of playing. */
        private List<String> ranges() {
            List<String> all = new ArrayList<>();
            for (int from = 0, to; from < played.size(); from = to) {
                for (to = from + 1; to < played.size() && played.get(to) == played.get(to - 1) + 1; ) {
                    to++;
                }
                all.add("0x" + Long.toHexString(played.get(from)) + "-0x" + Long.toHexString(played.get(to - 1)));
            }
            return all;
        }

        private static String quoted(Iterable<String> all) {
            StringBuilder text = new StringBuilder("[");
            for (String each : all) {
                text.append(text.length() > 1 ? "," : "").append(quoted(each));
            }
            return text.append(']').toString();
        }

        private static String quoted(String text) {
            if (text == null) {
                return "null";
            }
            StringBuilder out = new StringBuilder("\"");
            for (char c : text.toCharArray()) {
                if (c == '"' || c == '\\') {
                    out.append('\\').append(c);
                } else if (c < 0x20 || c > 0x7e) {
                    out.append(String.format("\\u%04x", (int) c));
                } else {
                    out.append(c);
                }
            }
            return out.append('"').toString();
        }
    }
}
