import java.io.File;
import java.nio.file.Files;
import okhttp3.MediaType;
import okhttp3.OkHttpClient;
import okhttp3.Request;
import okhttp3.RequestBody;
import okhttp3.Response;

/**
 * The Android sample's request: POST /upload/{tag}?filename={name} with the raw bytes.
 * Arguments: server, tag, file, name. Prints the status and the body.
 */
public final class AndroidUpload {
    public static void main(String[] arguments) throws Exception {
        String url = arguments[0] + "/upload/" + arguments[1] + "?filename=" + arguments[3];
        byte[] bytes = Files.readAllBytes(new File(arguments[2]).toPath());
        RequestBody body = RequestBody.create(MediaType.parse("image/png"), bytes);
        Request request = new Request.Builder().url(url).post(body).build();
        OkHttpClient client = new OkHttpClient.Builder().build();
        try (Response response = client.newCall(request).execute()) {
            System.out.println(response.code());
            System.out.println(response.body().string());
        }
        client.dispatcher().executorService().shutdown();
        client.connectionPool().evictAll();
    }
}
