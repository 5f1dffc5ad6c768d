import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.SplittableRandom;
import org.apache.zookeeper.ZooDefs;
import org.apache.zookeeper.ZooDefs.Perms;
import org.apache.zookeeper.data.ACL;
import org.apache.zookeeper.data.Id;

/**
 * What the benchmark's znodes are called and hold: leaves by the thousand under directories, as service registries and
 * task queues make them. Everything follows from a znode's number, so nothing has to be remembered.
 */
final class Shape {
    static final int LEAVES_A_DIRECTORY = 1000;
    static final long EPOCH = 1L << 32;
    static final long START = 1_700_000_000_000L;

    private static final String[] TEAMS = {"payments", "search", "checkout", "identity", "billing", "stream"};
    private static final List<List<ACL>> CLOSED = Arrays.asList(
        Collections.singletonList(new ACL(Perms.ALL, new Id("digest", "app:Mv3kT1R6CEGMLkKwQjZmmDMcsJg="))),
        Collections.singletonList(new ACL(Perms.READ, ZooDefs.Ids.ANYONE_ID_UNSAFE)),
        Collections.singletonList(new ACL(Perms.ALL, new Id("ip", "10.20.0.0/16"))),
        Arrays.asList(
            new ACL(Perms.READ, ZooDefs.Ids.ANYONE_ID_UNSAFE),
            new ACL(Perms.ALL, new Id("digest", "ops:8KcaB1gN0hRzo0rGfhZ7Cj3k7Wg="))));

    private Shape() {}

    static String directory(int number) {
        return String.format("/services/%s-%06d", TEAMS[number % TEAMS.length], number);
    }

    static String leaf(int number) {
        String directory = directory(number / LEAVES_A_DIRECTORY);
        return number % 3 == 0
            ? String.format("%s/n%08d", directory, number)
            : String.format("%s/instance-%010d", directory, number);
    }

    /** Values of 70 to 100 bytes, or as many as asked for. */
    static byte[] value(SplittableRandom random, int extra) {
        StringBuilder text = new StringBuilder(120 + extra);
        text.append("{\"host\":\"10.").append(random.nextInt(256)).append('.').append(random.nextInt(256));
        text.append('.').append(random.nextInt(256)).append("\",\"port\":").append(1024 + random.nextInt(60000));
        text.append(",\"zone\":\"eu-west-").append((char) ('a' + random.nextInt(3)));
        text.append("\",\"load\":").append(random.nextInt(100000)).append(",\"id\":\"");
        for (int left = 4 + random.nextInt(17) + extra; left > 0; left--) {
            text.append((char) ('a' + random.nextInt(26)));
        }
        return text.append("\"}").toString().getBytes(StandardCharsets.US_ASCII);
    }

    /** One znode of ten has an ACL of its own. */
    static List<ACL> acl(int number) {
        return number % 10 == 7 ? CLOSED.get(number / 10 % CLOSED.size()) : ZooDefs.Ids.OPEN_ACL_UNSAFE;
    }

    static boolean isEphemeral(int number) {
        return number % 50 == 13;
    }

    static long session(int number) {
        return 0x1000_0A00_0000_0000L + number;
    }
}
