import java.io.BufferedOutputStream;
import java.io.DataOutputStream;
import java.io.File;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.util.SplittableRandom;
import java.util.zip.CRC32;
import java.util.zip.CheckedOutputStream;
import org.apache.jute.BinaryOutputArchive;
import org.apache.jute.OutputArchive;
import org.apache.zookeeper.data.StatPersisted;
import org.apache.zookeeper.server.persistence.FileHeader;
import org.apache.zookeeper.server.persistence.FileSnap;
import org.apache.zookeeper.server.persistence.SnapStream;
import org.apache.zookeeper.server.persistence.Util;

/**
 * A snapshot too large for any tree that this machine could hold: written znode by znode with ZooKeeper's own archives,
 * streams and records, in the order and form of DataTree.serialize and FileSnap.serialize.
 *
 *   MakeHuge SNAPSHOT_DIR LEAVES EXTRA_VALUE_BYTES
 */
public final class MakeHuge {
    private static final int SNAPSHOT_VERSION = 2;
    private static final int DIGEST_VERSION = 2;
    private static final long OPEN_ACL = -1;

    private final OutputArchive archive;
    private final CRC32 crc = new CRC32();
    private final ByteBuffer digested = ByteBuffer.allocate(60);
    private long zxid = Shape.EPOCH;
    private long digest;

    private MakeHuge(OutputArchive archive) {
        this.archive = archive;
    }

    public static void main(String[] args) throws Exception {
        File folder = new File(args[0], "version-2");
        int leaves = Integer.parseInt(args[1]);
        int extra = Integer.parseInt(args[2]);
        Files.createDirectories(folder.toPath());
        int directories = leaves / Shape.LEAVES_A_DIRECTORY;
        File file = new File(folder, Util.makeSnapshotName(Shape.EPOCH + leaves + directories + 4));
        try (CheckedOutputStream checked = SnapStream.getOutputStream(file, false)) {
            BufferedOutputStream buffered = new BufferedOutputStream(checked, 1 << 16);
            new MakeHuge(new BinaryOutputArchive(new DataOutputStream(buffered))).write(checked, buffered, leaves, extra);
        }
        System.out.println(file.length() + " bytes");
    }

    private void write(CheckedOutputStream checked, BufferedOutputStream buffered, int leaves, int extra) throws Exception {
        SplittableRandom random = new SplittableRandom(leaves);
        new FileHeader(FileSnap.SNAP_MAGIC, SNAPSHOT_VERSION, -1).serialize(archive, "fileheader");
        archive.writeInt(0, "count");
        archive.writeInt(0, "map");
        int directories = leaves / Shape.LEAVES_A_DIRECTORY;
        node("", new byte[0], 1);
        node("/zookeeper", new byte[0], 2);
        node("/zookeeper/quota", new byte[0], 0);
        node("/services", new byte[0], directories);
        for (int directory = 0; directory < directories; directory++) {
            node(Shape.directory(directory), null, Shape.LEAVES_A_DIRECTORY);
            for (int leaf = 0; leaf < Shape.LEAVES_A_DIRECTORY; leaf++) {
                node(Shape.leaf(directory * Shape.LEAVES_A_DIRECTORY + leaf), Shape.value(random, extra), 0);
            }
        }
        archive.writeString("/", "path");
        buffered.flush();
        SnapStream.sealStream(checked, archive);
        buffered.flush();
        archive.writeLong(zxid, "zxid");
        archive.writeInt(DIGEST_VERSION, "digestVersion");
        archive.writeLong(digest, "digest");
        buffered.flush();
        SnapStream.sealStream(checked, archive);
        buffered.flush();
    }

    private void node(String path, byte[] data, int children) throws Exception {
        zxid++;
        long time = Shape.START + zxid % 1_000_000_000;
        archive.writeString(path, "path");
        archive.startRecord(null, "node");
        archive.writeBuffer(data, "data");
        archive.writeLong(OPEN_ACL, "acl");
        new StatPersisted(zxid, zxid, time, time, 0, children, 0, 0, zxid).serialize(archive, "statpersisted");
        archive.endRecord(null, "node");
        if (!path.startsWith("/zookeeper/")) {
            addDigest(path, data, time, children);
        }
    }

    /** DigestCalculator.calculateDigest. */
    private void addDigest(String path, byte[] data, long time, int children) {
        digested.clear();
        digested.putLong(zxid).putLong(zxid).putLong(zxid).putLong(time).putLong(time);
        digested.putInt(0).putInt(children).putInt(0).putLong(0);
        crc.reset();
        crc.update(path.getBytes(StandardCharsets.UTF_8));
        if (data != null) {
            crc.update(data);
        }
        crc.update(digested.array());
        digest += crc.getValue();
    }
}
