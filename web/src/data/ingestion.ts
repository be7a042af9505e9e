import { api, bodyOf, upload } from "~/api/client";
import type { Job, Upload } from "~/api/records";

export async function send(file: File): Promise<Upload> {
  return (await upload("/api/uploads", file)) as Upload;
}

export async function ingest(file: Upload, name: string): Promise<Job> {
  return bodyOf(
    api.POST("/api/ingestions", { body: { upload: file.id, name, mapping: null, scorers: [], skip_rejected: false } }),
  );
}
