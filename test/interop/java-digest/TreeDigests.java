import java.io.File;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Paths;
import java.util.HashMap;
import org.apache.zookeeper.ZooDefs;
import org.apache.zookeeper.server.DataTree;
import org.apache.zookeeper.server.persistence.FileSnap;

/**
 * A tree's digests as ZooKeeper counts them in this JVM's charset.
 * <pre>
 * TreeDigests make SNAPSHOT PATHS     writes a snapshot of znodes with these paths (UTF-8, a line each)
 * TreeDigests tell SNAPSHOT           prints the charset and the digest, unsigned, of the snapshot's tree
 * </pre>
 */
public final class TreeDigests {
    private TreeDigests() {
    }

    public static void main(String[] args) throws Exception {
        File snapshot = new File(args[1]);
        DataTree tree = new DataTree();
        FileSnap files = new FileSnap(snapshot.getParentFile());
        if (args[0].equals("make")) {
            long zxid = 0;
            for (String path : Files.readAllLines(Paths.get(args[2]), StandardCharsets.UTF_8)) {
                zxid++;
                byte[] data = zxid % 5 == 0 ? null : new byte[(int) (zxid % 300)];
                tree.createNode(path, data, ZooDefs.Ids.OPEN_ACL_UNSAFE, 0, 1, zxid, zxid * 1000);
            }
            tree.lastProcessedZxid = zxid;
            files.serialize(tree, new HashMap<>(), snapshot, false);
        } else {
            files.deserialize(tree, new HashMap<>());
            System.out.println(Charset.defaultCharset().name() + " " + Long.toUnsignedString(tree.getTreeDigest()));
        }
        files.close();
    }
}
