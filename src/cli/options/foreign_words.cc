#include "cli/options/foreign_words.h"

#include <algorithm>

namespace deepcache_gen {
namespace {

constexpr ForeignWord kWords[] = {
    {"--num-inference-steps", "diffusers", "--steps", ""},
    {"--num-images-per-prompt", "diffusers", "--batch-count", ""},
    {"--image", "diffusers", "--init-img", ""},
    {"--mask-image", "diffusers", "--mask", ""},
    {"--controlnet-conditioning-scale", "diffusers", "--control-strength", ""},
    {"--control-guidance-start", "diffusers", "--control-start", ""},
    {"--control-guidance-end", "diffusers", "--control-end", ""},
    {"--guess-mode", "diffusers", "--control-guess", ""},
    {"--prompt-embeds", "diffusers", "", "prompts are text; --embedding FILE adds a word"},
    {"--generator", "diffusers", "", "--seed N is the seed of its CPU generator"},
    {"--sampling-steps", "AUTOMATIC1111", "--steps", ""},
    {"--sampler-name", "AUTOMATIC1111", "--sampling-method", ""},
    {"--denoising-strength", "AUTOMATIC1111", "--strength", ""},
    {"--n-iter", "AUTOMATIC1111", "--batch-count", ""},
    {"--hr-scale", "AUTOMATIC1111", "--hires-scale", ""},
    {"--embeddings-dir", "AUTOMATIC1111", "--embedding-dir", ""},
    {"--ckpt", "AUTOMATIC1111", "--model", ""},
    {"--ckpt-dir", "AUTOMATIC1111", "--models-dir", ""},
    {"--prompts-from-file", "AUTOMATIC1111", "--prompts", ""},
    {"--lowvram", "AUTOMATIC1111", "",
     "batches are as large as memory allows (--batch-size 1 is least), and --vae-tiling decodes large pictures in "
     "little"},
    {"--medvram", "AUTOMATIC1111", "",
     "batches are as large as memory allows (--batch-size 1 is least), and --vae-tiling decodes large pictures in "
     "little"},
    {"--xformers", "AUTOMATIC1111", "", "attention is computed in blocks already"},
    {"--opt-sdp-attention", "AUTOMATIC1111", "", "attention is computed in blocks already"},
    {"--no-half", "AUTOMATIC1111", "", "use --dtype fp32"},
    {"--no-half-vae", "AUTOMATIC1111", "", "a VAE that fails in 16 bits is run again in 32 by itself"},
    {"--precision", "AUTOMATIC1111", "", "use --dtype fp32, fp16 or bf16"},
    {"--api", "AUTOMATIC1111", "", "there is no server; --prompts - reads prompts from stdin and stays loaded"},
    {"--listen", "AUTOMATIC1111", "", "there is no server; --prompts - reads prompts from stdin and stays loaded"},
    {"--port", "AUTOMATIC1111", "", "there is no server; --prompts - reads prompts from stdin and stays loaded"},
    {"--ddim-steps", "CompVis", "--steps", ""},
    {"--scale", "CompVis", "--cfg-scale", ""},
    {"--n-samples", "CompVis", "--batch-count", ""},
    {"--from-file", "CompVis", "--prompts", ""},
    {"--plms", "CompVis", "", "use --sampling-method pndm"},
    {"--outdir", "CompVis", "", "use --output DIR/, a folder by its slash"},
    {"--schedule", "sd-cli", "--scheduler", ""},
    {"--sample-steps", "sd-cli", "--steps", ""},
    {"--tae", "sd-cli", "--taesd", ""},
    {"--type", "sd-cli", "", "weights are not quantised; use --dtype fp32, fp16 or bf16"},
    {"--rng", "sd-cli", "", "noise is what the CPU generator of PyTorch draws for the seed, on every device"},
    {"-M", "sd-cli", "", "what is made follows from the flags: -i changes a picture, --mask a part of it"},
    {"--mode", "sd-cli", "", "what is made follows from the flags: -i changes a picture, --mask a part of it"},
    {"--cache-mode", "sd-cli", "", "use --interval N --branch K, or --cache-policy"},
    {"--cache-option", "sd-cli", "", "use --interval N --branch K, or --cache-policy"},
    {"--diffusion-model", "sd-cli", "", "a model is a folder that deepcache-gen export writes; name it with --model"},
    {"--clip-l", "sd-cli", "", "text encoders are in the model folder that deepcache-gen export writes"},
    {"--clip-g", "sd-cli", "", "text encoders are in the model folder that deepcache-gen export writes"},
    {"--t5xxl", "sd-cli", "", "models with T5 are none of SD 1.x, 2.x and SDXL"},
    {"--clip-on-cpu", "sd-cli", "", "all parts run on --device"},
    {"--vae-on-cpu", "sd-cli", "", "all parts run on --device"},
    {"--control-net-cpu", "sd-cli", "", "all parts run on --device"},
    {"--offload-to-cpu", "sd-cli", "", "all parts stay on --device; --vae-tiling takes less memory"},
    {"--diffusion-fa", "sd-cli", "", "attention is computed in blocks already"},
    {"--upscale-model", "sd-cli", "", "there are no upscaling networks; --hires-scale makes a second, larger pass"},
    {"--canny", "sd-cli", "", "control pictures are made elsewhere; give the edges with --control-image"},
    {"--img-cfg-scale", "sd-cli", "", "there is one guidance scale, --cfg-scale"},
    {"--slg-scale", "sd-cli", "", "layers are not skipped for guidance, which SD 1.x, 2.x and SDXL do not know"},
    {"--color", "sd-cli", "", "messages have no colours"},
    {"--server", "llama.cpp", "", "there is no server; --prompts - reads prompts from stdin and stays loaded"},
    {"serve", "several", "", "there is no server; --prompts - reads prompts from stdin and stays loaded"},
    {"server", "several", "", "there is no server; --prompts - reads prompts from stdin and stays loaded"},
    {"txt2img", "several", "", "without a command pictures are made: -p \"TEXT\""},
    {"img2img", "several", "", "without a command pictures are made: -i FILE -p \"TEXT\""},
    {"generate", "several", "", "without a command pictures are made: -p \"TEXT\""},
    {"convert", "several", "", "deepcache-gen export makes a model folder of a checkpoint"},
};

std::string with_hyphens(std::string_view word) {
  std::string name(word);
  if (name.starts_with("--")) std::replace(name.begin(), name.end(), '_', '-');
  return name;
}

}  // namespace

std::span<const ForeignWord> foreign_words() { return kWords; }

const ForeignWord* find_foreign_word(std::string_view word) {
  const auto* const found =
      std::find_if(std::begin(kWords), std::end(kWords),
                   [name = with_hyphens(word)](const ForeignWord& row) { return row.word == name; });
  return found == std::end(kWords) ? nullptr : found;
}

std::string flag_meant(std::string_view word) {
  const ForeignWord* const foreign = find_foreign_word(word);
  return foreign && !foreign->ours.empty() ? std::string(foreign->ours) : with_hyphens(word);
}

std::string foreign_words_markdown() {
  std::string text = "| there | of | here |\n|---|---|---|\n";
  for (const ForeignWord& row : foreign_words()) {
    text.append("| `").append(row.word).append("` | ").append(row.tools).append(" | ");
    if (row.ours.empty()) {
      text.append(row.remark);
    } else {
      text.append("`").append(row.ours).append("`");
    }
    text.append(" |\n");
  }
  return text;
}

}  // namespace deepcache_gen
