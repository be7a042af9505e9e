import { Button, FileButton } from "@mantine/core";
import { useMutation } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { Upload as UploadIcon } from "lucide-react";
import { ingest, send } from "./ingestion";

/** A file of recorded answers: sent, and taken in as a data set with runs by a job, which is shown then. */
export function Uploads() {
  const navigate = useNavigate();
  const take = useMutation({
    mutationFn: async (file: File) => {
      const upload = await send(file);
      return ingest(upload, nameFor(file.name));
    },
    onSuccess: (job) => navigate({ to: "/jobs/$job", params: { job: job.id } }),
  });
  return (
    <FileButton onChange={(file) => file !== null && take.mutate(file)} accept=".jsonl,.json,.csv,.yaml,.yml,.gz">
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
