import { Button, FileButton } from "@mantine/core";
import { notifications } from "@mantine/notifications";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { Upload as UploadIcon } from "lucide-react";
import { ingest, send } from "./ingestion";

/** A file of recorded answers: sent, and taken in as a data set with runs. */
export function Uploads() {
  const queries = useQueryClient();
  const take = useMutation({
    mutationFn: async (file: File) => {
      const upload = await send(file);
      await ingest(upload, nameFor(file.name));
      return upload;
    },
    onSuccess: (upload) => {
      notifications.show({ message: `${upload.name} is here, and is being taken in.` });
      return queries.invalidateQueries({ queryKey: ["datasets"] });
    },
  });
  return (
    <FileButton onChange={(file) => file !== null && take.mutate(file)} accept=".jsonl,.json,.csv,.parquet,.zip,.gz">
      {(props) => (
        <Button {...props} loading={take.isPending} leftSection={<UploadIcon size={13} aria-hidden />}>
          Ingest a file
        </Button>
      )}
    </FileButton>
  );
}

/** A name that a data set may have, from that of a file. */
function nameFor(file: string): string {
  return (
    file
      .replace(/\.[^.]*$/, "")
      .replace(/[^A-Za-z0-9._-]+/g, "-")
      .replace(/^[^A-Za-z0-9]+/, "")
      .slice(0, 100) || "upload"
  );
}
